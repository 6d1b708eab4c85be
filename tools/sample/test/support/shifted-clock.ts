/**
 * Shifts the clock of a process that is started with `--import` of this file by `TEST_CLOCK_SHIFT_MS`, so that hours pass between
 * processes.
 */
const shiftMs = Number(process.env.TEST_CLOCK_SHIFT_MS ?? 0);
const now = Date.now.bind(Date);

Date.now = () => now() + shiftMs;
globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [target.now()] : args, newTarget) as Date,
});
