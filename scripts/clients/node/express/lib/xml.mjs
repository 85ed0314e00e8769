import { SaxesParser } from 'saxes';

/** An element of an XML document. */
class Element {
  constructor(name, namespace) {
    this.name = name; // without prefix
    this.namespace = namespace;
    this.text = '';
    this.children = [];
  }

  /** Returns the first child with a name, or undefined. */
  child(name) {
    return this.children.find((child) => child.name === name);
  }
}

/** Returns the root element of a document. Throws an Error if it is not well-formed, or has a DOCTYPE. */
export function parse(document) {
  const parser = new SaxesParser({ xmlns: true });
  const root = new Element('', '');
  const open = [root];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('doctype', () => {
    throw new Error('a DOCTYPE is refused');
  });
  parser.on('opentag', (tag) => {
    const element = new Element(tag.local, tag.uri);
    open.at(-1).children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => open.pop());
  const add = (text) => {
    open.at(-1).text += text;
  };
  parser.on('text', add);
  parser.on('cdata', add);
  parser.write(document).close();
  return root.children[0];
}
