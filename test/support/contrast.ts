// Whether text can be read: its colour against the one behind it, as a page has them.

/** Run in a page, gives each text's colour and the one behind it, once for each pair: [what, text, ground]. */
export const TEXT_COLOURS = `(() => {
  const groundOf = (element) => {
    const colour = element === null ? "rgb(255, 255, 255)" : getComputedStyle(element).backgroundColor;
    return colour === "rgba(0, 0, 0, 0)" ? groundOf(element.parentElement) : colour;
  };
  const pairs = new Map();
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() === "" || element.closest("svg > title, svg > desc, .unseen")) continue;
    const style = getComputedStyle(element);
    const text = element.closest("svg") ? style.fill : style.color;
    const name = element.localName + "." + (element.getAttribute("class") ?? "");
    pairs.set(name + text, [name, text, groundOf(element)]);
  }
  return [...pairs.values()];
})()`;

/** Relative luminance of a colour as `getComputedStyle` has it, 0 to 1 (WCAG 2.2). */
export function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number).map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Contrast ratio of two colours, 1 to 21 (WCAG 2.2). */
export function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}
