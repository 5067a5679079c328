// Loaded into a process before its entry point: on SIGWINCH it takes memory until there is none, beside everything else
// that the process does.

const eaten: unknown[] = [];

process.on('SIGWINCH', function eat() {
  eaten.push(Array.from({ length: 50_000 }, (_, at) => ({ at })));
  setImmediate(eat);
});
