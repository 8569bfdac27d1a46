// A shop's service: for each page it parses the catalogue, leaves out what comes twice, sorts the rest, and renders it.
// Reads how many pages to make, a number a line, and says "done" after each number; ends when its standard input does.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWN_FRAME __attribute__((noinline, noclone))
enum { LINES = 3000, LONGEST_LINE = 80 };

struct item {
  long key, cents;
  char name[48];
};
struct catalogue {
  int page, count;
  struct item items[LINES];
};

// Whether an item with this key is in the catalogue. If not, it will be added.
OWN_FRAME static int has_key(struct catalogue *catalogue, long key) {
  for (int i = 0; i < catalogue->count; i++)
    if (catalogue->items[i].key == key) return 1;
  return 0;
}

OWN_FRAME static const char *parse_number(const char *text, long *number) {
  for (*number = 0; *text >= '0' && *text <= '9'; text++) *number = *number * 10 + (*text - '0');
  return text + 1;
}

// Names come as "green%20tea".
OWN_FRAME static const char *decode_name(const char *text, char *name) {
  for (; *text != '\n'; text++)
    if (*text == '%') {
      *name++ = (text[1] - '0') * 16 + (text[2] - '0');
      text += 2;
    } else
      *name++ = *text;
  *name = 0;
  return text + 1;
}

OWN_FRAME static void parse_catalogue(struct catalogue *catalogue, const char *text) {
  catalogue->page++;
  for (catalogue->count = 0; *text;) {
    struct item *item = &catalogue->items[catalogue->count];
    text = parse_number(text, &item->key);
    text = parse_number(text, &item->cents);
    text = decode_name(text, item->name);
    if (!has_key(catalogue, item->key)) catalogue->count++;
  }
}

OWN_FRAME static int is_less(const struct item *a, const struct item *b) {
  const char *x = a->name, *y = b->name;
  for (; *x == *y && *x; x++, y++) {}
  return *x == *y ? a->cents < b->cents : *x < *y;
}

OWN_FRAME static void sort_by_name(struct item **order, int count) {
  for (int start = count / 2, end = count; end > 1;) {
    if (start > 0)
      start--;
    else {
      struct item *first = order[0];
      order[0] = order[--end];
      order[end] = first;
    }
    for (int root = start, child; (child = 2 * root + 1) < end; root = child) {
      if (child + 1 < end && is_less(order[child], order[child + 1])) child++;
      if (!is_less(order[root], order[child])) break;
      struct item *parent = order[root];
      order[root] = order[child];
      order[child] = parent;
    }
  }
}

OWN_FRAME static char *escape_html(char *to, const char *text) {
  for (; *text; text++)
    if (*text == '&') {
      memcpy(to, "&amp;", 5);
      to += 5;
    } else
      *to++ = *text;
  return to;
}

OWN_FRAME static long render_page(struct item **order, int count, char *page) {
  char *to = page;
  for (int i = 0; i < count; i++) {
    to = escape_html(to, order[i]->name);
    for (long cents = order[i]->cents; cents; cents /= 10) *to++ = '0' + cents % 10;
    *to++ = '\n';
  }
  return to - page;
}

// One item in twenty comes twice.
static char *some_text(void) {
  static const char *words[] = {"green", "tea", "salt", "pepper", "bread%20&%20butter", "lemon", "rice", "olives"};
  char *text = malloc(LINES * LONGEST_LINE), *to = text;
  unsigned long random = 1;
  for (int i = 0; i < LINES; i++) {
    random = random * 6364136223846793005UL + 1442695040888963407UL;
    unsigned long bits = random >> 33, key = i % 20 == 19 ? i - 10 : i;
    to += sprintf(to, "%lu;%lu;%s%%20%s%%20%lu\n", key * 7919 + 100003, bits % 9000 + 99, words[bits % 8],
                  words[bits / 8 % 8], bits / 64 % 1000);
  }
  *to = 0;
  return text;
}

int main(void) {
  static struct catalogue catalogue;
  static struct item *order[LINES];
  char *text = some_text(), *page = malloc(LINES * LONGEST_LINE);
  for (int pages; scanf("%d", &pages) == 1; puts("done"), fflush(stdout))
    for (int i = 0; i < pages; i++) {
      parse_catalogue(&catalogue, text);
      for (int j = 0; j < catalogue.count; j++) order[j] = &catalogue.items[j];
      sort_by_name(order, catalogue.count);
      render_page(order, catalogue.count, page);
    }
}
