// What a page must have so that everybody can use it. Runs inside the page; returns complaints.

/** Names of controls, one main heading, the language, contrast of text, width. */
export function complaintsOf({ language }) {
  const complaints = [];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const text = (element) => (element?.textContent ?? '').trim();
  const told = (element) => {
    const by = element.getAttribute('aria-labelledby');
    if (by)
      return by
        .split(/\s+/)
        .map((id) => text(document.getElementById(id)))
        .join(' ')
        .trim();
    return element.getAttribute('aria-label') || text(element) || [...(element.labels ?? [])].map(text).join(' ') || '';
  };
  const where = (element) => element.outerHTML.slice(0, 140);

  for (const element of document.querySelectorAll(
    'button, a[href], input, select, textarea, [tabindex="0"], [role=img]',
  )) {
    if (!shown(element) || element.closest('[aria-hidden=true]')) continue;
    if (!told(element)) complaints.push(`no name: ${where(element)}`);
  }
  for (const table of document.querySelectorAll('table'))
    if (shown(table) && !table.querySelector('th')) complaints.push(`no headings: ${where(table)}`);
  const headings = [...document.querySelectorAll('h1')];
  if (headings.length !== 1) complaints.push(`${headings.length} main headings`);
  if (document.documentElement.lang !== language)
    complaints.push(`the page says it is in ${document.documentElement.lang}`);
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of new Set(ids))
    if (ids.filter((one) => one === id).length > 1) complaints.push(`the id ${id} is there twice`);
  const wide = document.scrollingElement.scrollWidth;
  if (wide > window.innerWidth + 1) complaints.push(`the page is ${wide} wide, the window ${window.innerWidth}`);
  complaints.push(...words(), ...contrasts());
  return complaints;

  /** What no dictionary wrote, and what is of the other language. */
  function words() {
    const found = [];
    const told = [...document.querySelectorAll('[aria-label], [data-tip], [placeholder]')].flatMap((element) =>
      ['aria-label', 'data-tip', 'placeholder'].map((name) => [element, element.getAttribute(name) ?? '']),
    );
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) told.push([walker.currentNode.parentElement, walker.currentNode.data]);
    for (const [element, said] of told) {
      if (element.closest('noscript, script, style')) continue;
      if (/\bundefined\b|\[object |\bNaN\b|=>|\bnull\b/.test(said)) found.push(`no words: ${said.slice(0, 80)}`);
      const foreign = language === 'en' && /[가-힣]/.test(said) && !element.closest('[lang=ko]');
      if (foreign) found.push(`Korean on an English page: ${said.slice(0, 80)}`);
    }
    return found;
  }

  /** WCAG 2.2, 1.4.3: 4.5 to 1, and 3 to 1 for large text. */
  function contrasts() {
    const found = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      // A stroke between two figures says nothing.
      if (!/[\p{L}\p{N}]/u.test(walker.currentNode.data) || !shown(element)) continue;
      if (element.closest('svg, canvas, noscript, option, :disabled, .hidden-visually, .skip')) continue;
      const style = getComputedStyle(element);
      const size = parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const ground = groundOf(element);
      const ratio = contrast(over(colourOf(style.color), ground), ground);
      if (ratio < (large ? 3 : 4.5) - 0.05)
        found.add(
          `contrast ${ratio.toFixed(2)}: ${style.color} “${walker.currentNode.data.trim().slice(0, 30)}” .${element.className}`,
        );
    }
    return found;
  }

  function groundOf(element) {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      const colour = colourOf(getComputedStyle(one).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reduceRight((below, colour) => over(colour, below), [255, 255, 255, 1]);
  }

  function over([r, g, b, a], below) {
    return [r * a + below[0] * (1 - a), g * a + below[1] * (1 - a), b * a + below[2] * (1 - a), 1];
  }

  /** Any colour that CSS can write, as red, green, blue and alpha: the browser paints it. */
  function colourOf(css) {
    window.paintedColours ??= new Map();
    let found = window.paintedColours.get(css);
    if (!found) {
      const context = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
      context.fillStyle = css;
      context.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
      found = [r, g, b, a / 255];
      window.paintedColours.set(css, found);
    }
    return found;
  }

  function contrast(a, b) {
    const light = ([r, g, bl]) =>
      [r, g, bl]
        .map((value) => value / 255)
        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
        .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
    const [more, less] = [light(a), light(b)].sort((x, y) => y - x);
    return (more + 0.05) / (less + 0.05);
  }
}

/** Whether what has the keyboard's focus shows it. */
export function focusShown() {
  const element = document.activeElement;
  if (!element || element === document.body) return { end: true };
  // A link that stands for a whole row shows it round the row.
  const shown = [undefined, '::before', '::after'].some((part) => {
    const style = getComputedStyle(element, part);
    return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== 'none';
  });
  return { shown, what: element.outerHTML.slice(0, 120) };
}
