'use strict';
// The scripts of all pages. Each part waits for the elements that it is about; what
// comes from the service or from a person gets into the page as text, never as HTML.

/** Calls start with each element that a selector finds. The script runs when the page is complete. */
function whenPresent(selector, start) {
  for (const element of document.querySelectorAll(selector)) start(element);
}

/** Returns an element with a text. */
function textElement(name, text, className = '') {
  const element = document.createElement(name);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

document.documentElement.classList.add('scripted'); // style.css hides what needs scripts

/** Returns the path of a page that is where the paths of the service begin, as the browser shows it, with a slash. */
const rootPath = () => location.pathname.replace(/\/?$/, '/');

whenPresent('body[data-at-root] nav a[data-path]', link => { link.href = rootPath() + link.dataset.path; });
