/** Puts a file among this browser's downloads. */
export function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has its own hold on it by the time that this task ends.
  setTimeout(() => URL.revokeObjectURL(url));
}
