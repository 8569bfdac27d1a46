// A release build: trait objects, a closure that the standard library calls, and recursion.
use std::ptr::read_volatile;

trait Step {
    fn step(&self, x: u64) -> u64;
}

struct Multiply(u64);
struct Rotate(u32);

impl Step for Multiply {
    #[inline(never)]
    fn step(&self, x: u64) -> u64 {
        burn(x.wrapping_mul(self.0), 300) ^ 1
    }
}

impl Step for Rotate {
    #[inline(never)]
    fn step(&self, x: u64) -> u64 {
        burn(x.rotate_left(self.0), 500) ^ 2
    }
}

#[inline(never)]
fn burn(mut x: u64, rounds: u64) -> u64 {
    for i in 0..rounds {
        let i = unsafe { read_volatile(&i) };
        x = x.wrapping_mul(6364136223846793005).wrapping_add(i);
    }
    x
}

#[inline(never)]
fn descend(depth: u32, steps: &[Box<dyn Step>], x: u64) -> u64 {
    let below = if depth == 0 {
        sort_steps(steps, x)
    } else {
        descend(depth - 1, steps, x.wrapping_add(depth as u64))
    };
    unsafe { read_volatile(&below) ^ depth as u64 }
}

#[inline(never)]
fn key_of(steps: &[Box<dyn Step>], value: u64) -> u64 {
    let key = steps[(value % steps.len() as u64) as usize].step(value);
    unsafe { read_volatile(&key) ^ 3 }
}

#[inline(never)]
fn sort_steps(steps: &[Box<dyn Step>], x: u64) -> u64 {
    let mut values: Vec<u64> = (0..8).map(|i| x.rotate_left(7 * i)).collect();
    values.sort_by_key(|&value| key_of(steps, value));
    values[0]
}

fn main() {
    let steps: Vec<Box<dyn Step>> = vec![Box::new(Multiply(31)), Box::new(Rotate(11))];
    let mut x = 1u64;
    loop {
        x = descend(12, &steps, x) | 1;
    }
}
