// Loaded into the house's API by `--import`: its event loop is never late. On a machine full of tests it stands still for half a
// second now and then, and the door then sheds load: 503 to a test that asks for something else. That it sheds is tested beside
// the door.
import perfHooks from 'node:perf_hooks';

const { monitorEventLoopDelay } = perfHooks;
perfHooks.monitorEventLoopDelay = (options) =>
  Object.defineProperty(monitorEventLoopDelay(options), 'mean', { value: 0 });
