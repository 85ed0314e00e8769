// Sends a message of SIZE bytes with node's http, and prints the answer.
// Usage: node toolong.js ENDPOINT SIZE length|chunked
'use strict';
const http = require('http');

const [endpoint, size, form] = process.argv.slice(2);
const body = Buffer.alloc(Number(size), 'x');
const headers = { 'Content-Type': 'text/xml; charset=utf-8' };
if (form !== 'chunked') headers['Content-Length'] = body.length;
const request = http.request(endpoint, { method: 'POST', headers }, (response) => {
  let text = '';
  response.on('data', (part) => { text += part; });
  response.on('end', () => console.log(text));
});
request.on('error', (error) => { console.log(error.message); process.exitCode = 1; });
if (form === 'chunked') {
  for (let at = 0; at < body.length; at += 16384) request.write(body.subarray(at, at + 16384));
  request.end();
} else {
  request.end(body);
}
