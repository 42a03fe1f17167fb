/** From a frame's beginning until it is on the screen of a slow computer as well, ms. */
const SHOWN_MS = 50;

/** Runs what can wait once the page shows a picture, at the latest after a second: a window that is hidden draws none. */
export function afterPicture(run: () => void): () => void {
  let timer = setTimeout(() => {
    cancelAnimationFrame(frame);
    run();
  }, 1000);
  const frame = requestAnimationFrame(() => {
    clearTimeout(timer);
    timer = setTimeout(run, SHOWN_MS);
  });
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}
