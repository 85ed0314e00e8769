// XML as coloured text. It is never parsed into the page: each piece becomes a text node.

/** Shows XML in an element. Where it has no line ends between elements, it gets them. */
function showXML(element, text, limit = 200_000) {
  element.replaceChildren();
  const shown = text.slice(0, limit);
  const pieces = shown.match(/<!--[^]*?-->|<!\[CDATA\[[^]*?\]\]>|<(?:"[^"]*"|'[^']*'|[^<>"'])*>|[^<]+|</g) ?? [];
  const indented = !/>\s*\n\s*</.test(shown);
  let depth = 0;
  let afterTag = false; // nothing but tags since the last start or end of an element
  pieces.forEach((piece, i) => {
    if (!/^<[/?\w]/.test(piece)) {
      element.append(textElement('span', piece, piece[0] === '<' ? 'xml-mark' : 'xml-text'));
      afterTag = false;
      return;
    }
    const ends = piece.startsWith('</');
    if (ends) depth--;
    const isEmpty = ends && /^<\w/.test(pieces[i - 1] ?? '') && !pieces[i - 1].endsWith('/>');
    if (indented && i > 0 && afterTag && !isEmpty) element.append('\n' + '  '.repeat(Math.max(depth, 0)));
    showTag(element, piece);
    if (!ends && !piece.endsWith('/>') && !piece.startsWith('<?')) depth++;
    afterTag = true;
  });
  if (text.length > limit) element.append(`\n… ${text.length - limit} more characters`);
}

/** Shows a tag: its name and its attributes in colours. */
function showTag(element, tag) {
  const [, open, name, rest, close] = tag.match(/^(<[/?]?)([^\s/>?]*)([^]*?)([/?]?>)$/) ?? [tag, '', '', tag, ''];
  element.append(textElement('span', open, 'xml-mark'), textElement('span', name, 'xml-name'));
  for (const part of rest.match(/"[^"]*"|'[^']*'|[^"']+/g) ?? []) {
    element.append(textElement('span', part, /^["']/.test(part) ? 'xml-value' : 'xml-mark'));
  }
  element.append(textElement('span', close, 'xml-mark'));
}

whenPresent('pre[data-xml]', pre => showXML(pre, pre.textContent));
