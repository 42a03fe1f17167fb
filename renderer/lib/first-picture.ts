/** Runs what can wait once the page has drawn, at the latest after a second: a window that is hidden draws nothing. */
export function afterPicture(run: () => void): () => void {
  let timer = setTimeout(run, 1000);
  const frame = requestAnimationFrame(() => {
    clearTimeout(timer);
    timer = setTimeout(run);
  });
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}
