// What exceptions.cpp calls in the shared library exceptions-library.cpp.
#pragma once

struct Shape {
	virtual ~Shape() = default;
	virtual long area(long size) const = 0;
};

struct TooLarge {
	long size;
};

const Shape &shape_of(long kind);
long measure(const Shape &shape, long size); // calls shape.area(), which may throw TooLarge
