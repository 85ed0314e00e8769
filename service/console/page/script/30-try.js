// The form that calls an operation of the service.

const escapeXML = text => text.replace(/[&<>\r]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' })[c]);

/** Quotes a text for a shell. */
const quoteShell = text => `'${text.replaceAll("'", `'\\''`)}'`;

/** Returns the element of the request that a field of the form is about, or ''. */
function elementOf(field) {
  const { element: name, kind, child } = field.dataset;
  const text = field.value;
  if (text === '') return ''; // absent
  if (kind === 'xml') return `      <${name}>\n${text.trim().replace(/^/gm, '        ')}\n      </${name}>\n`;
  if (kind !== 'lines') return `      <${name}>${escapeXML(text)}</${name}>\n`;
  const lines = text.split('\n').filter(line => line !== '');
  return `      <${name}>\n${lines.map(line => `        <${child}>${escapeXML(line)}</${child}>\n`).join('')}      </${name}>\n`;
}

/** Returns the message that the form stands for. */
function messageOf(form) {
  const { operation, namespace } = form.dataset;
  const children = [...form.querySelectorAll('[data-element]')].map(elementOf).join('');
  const element = children ? `<${operation} xmlns="${namespace}">\n${children}    </${operation}>` : `<${operation} xmlns="${namespace}"/>`;
  return `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/">\n  <Body>\n    ${element}\n  </Body>\n</Envelope>\n`;
}

/** Returns the command of curl that sends the message of the form. */
function commandOf(form) {
  const headers = ['Content-Type: text/xml; charset=utf-8', `SOAPAction: "${form.dataset.soapAction}"`];
  let caller = '';
  if ('callers' in form.dataset) caller = form.querySelector('[data-bearer]').value ? ' -H "Authorization: Bearer $KEY"' : ' --user NAME';
  return `curl${caller} ${headers.map(h => `-H ${quoteShell(h)}`).join(' ')} --data-raw ${quoteShell(messageOf(form))} ${quoteShell(form.dataset.address)}`;
}

/** Sends the message of the form, and shows the answer. */
async function call(form, status, shown) {
  const headers = { 'Content-Type': 'text/xml; charset=utf-8', SOAPAction: `"${form.dataset.soapAction}"` };
  const key = form.querySelector('[data-bearer]')?.value;
  if (key) headers.Authorization = `Bearer ${key}`;
  status.textContent = 'Waiting for the answer …';
  const started = performance.now();
  const endpoint = 'atRoot' in document.body.dataset ? rootPath() + form.dataset.endpoint : location.pathname;
  const response = await fetch(endpoint, {
    method: 'POST', body: messageOf(form), headers, cache: 'no-store',
    credentials: key ? 'omit' : 'same-origin', // with a key the browser must not ask for a password
  });
  const answer = await response.text();
  const took = performance.now() - started;
  showXML(shown, answer);
  status.textContent = `Status ${response.status}, ${answer.length} characters in ${took.toFixed(1)} ms`;
}

whenPresent('form.try', form => {
  const part = name => form.querySelector(`[data-${name}]`);
  const status = part('status');
  const update = () => {
    showXML(part('request'), messageOf(form));
    part('command').textContent = commandOf(form);
  };
  form.addEventListener('input', update);
  form.addEventListener('submit', event => {
    event.preventDefault();
    part('answer').replaceChildren();
    call(form, status, part('answer')).catch(error => { status.textContent = `No answer: ${error.message}`; });
  });
  part('curl').addEventListener('click', async () => {
    status.textContent = await copyText(part('command')) ? 'The command is in the clipboard.' : 'Copy the command below.';
  });
  update();
});

/** Copies the text of an element, also where the browser gives pages no clipboard. */
async function copyText(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(element);
    return document.execCommand('copy');
  }
}
