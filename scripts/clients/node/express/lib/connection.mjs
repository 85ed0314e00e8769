import http from 'node:http';
import https from 'node:https';

import { Unavailable } from './errors.mjs';

const IDLE = 30_000; // milliseconds that a connection is kept unused

/** Sends requests to the service, on connections that are kept. */
export class Connection {
  #options;
  #agent;
  #request;
  #headers = { 'Content-Type': 'text/xml; charset=utf-8' };

  constructor(options) {
    this.#options = options;
    const module = options.url.protocol === 'https:' ? https : http;
    this.#request = module.request;
    this.#agent = new module.Agent({ keepAlive: true, maxFreeSockets: 32, scheduling: 'lifo', timeout: IDLE, ca: options.ca });
    if (options.key !== undefined) this.#headers.Authorization = `Bearer ${options.key}`;
    else if (options.user !== undefined) {
      this.#headers.Authorization = `Basic ${Buffer.from(`${options.user}:${options.password}`).toString('base64')}`;
    }
  }

  /**
   * Returns the status and the body of the answer. A kept connection may be closed by the service just when it is
   * used. Only then, and only if the call is repeatable, the request is sent a second time. Rejects with Unavailable if
   * there is no answer within the timeout.
   */
  async post(body, action, repeatable) {
    try {
      return await this.#send(body, action);
    } catch (error) {
      if (repeatable && error.reused && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) {
        return this.post(body, action, false);
      }
      const late = error.name === 'TimeoutError' || error.code === 'ABORT_ERR';
      const reason = late ? `no answer after ${this.#options.timeout} ms` : error.code ?? error.message;
      throw new Unavailable(`The session service does not answer: ${reason}`, { cause: error });
    }
  }

  #send(body, action) {
    return new Promise((resolve, reject) => {
      const request = this.#request(this.#options.url, {
        method: 'POST',
        agent: this.#agent,
        headers: { ...this.#headers, SOAPAction: `"${action}"`, 'Content-Length': Buffer.byteLength(body) },
        signal: AbortSignal.timeout(this.#options.timeout),
      });
      const fail = (error) => {
        error.reused = request.reusedSocket;
        reject(error);
      };
      request.on('error', fail);
      request.on('response', (response) => {
        const parts = [];
        response.on('error', fail);
        response.on('data', (part) => parts.push(part));
        response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(parts).toString() }));
      });
      request.end(body);
    });
  }

  /** Closes the connections that are not in use. */
  close() {
    this.#agent.destroy();
  }
}
