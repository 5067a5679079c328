// A worker of the test runner ends with the runner. By itself it would go on to the end of its test, and whatever that has
// started with it, when the runner is killed or told to end.

// Nothing less ends it: the runner has put something else in the place of `process.exit`.
const endAtOnce = () => process.kill(process.pid, 'SIGKILL');

// Loaded before each test file of a worker.
if (process.listenerCount('disconnect') === 0) process.once('disconnect', endAtOnce);
