// The console: one stream of events keeps the page up to date. The parts are HTML of the
// service, whose templates have escaped what is not theirs.
whenPresent('[data-live-events]', root => {
  const status = root.querySelector('[data-live-status]');
  const parts = new Map();
  for (const element of root.querySelectorAll('[data-live]')) parts.set(element.dataset.live, element);
  let source, silent, lastTime = '', lostAt = '', restarted = '';

  const say = text => { if (status.textContent !== text) status.textContent = text; };
  const now = () => new Date().toISOString().slice(11, 19) + ' UTC';

  function lost() {
    root.classList.add('stale');
    lostAt ||= now();
    const values = lastTime ? ` The values are those of ${lastTime}.` : '';
    say(`Not connected since ${lostAt}.${values} Trying again.`);
  }

  function show(event) {
    const state = JSON.parse(event.data);
    root.classList.remove('stale');
    lostAt = '';
    lastTime = state.time;
    clearTimeout(silent);
    silent = setTimeout(reconnect, 20000);
    if (state.boot !== root.dataset.boot) {
      if (root.dataset.boot) restarted = ` This instance was restarted; load the page again if its settings have changed.`;
      root.dataset.boot = state.boot;
    }
    for (const [name, html] of Object.entries(state.parts)) {
      const element = parts.get(name);
      if (element && element.liveHTML !== html) element.innerHTML = element.liveHTML = html;
    }
    say('Live: the page changes by itself.' + restarted);
  }

  function connect() {
    if (document.hidden) return;
    source = new EventSource(root.dataset.liveEvents);
    source.addEventListener('state', show);
    source.onerror = () => {
      lost();
      if (source.readyState === EventSource.CLOSED) { // refused: the browser does not try again
        clearTimeout(silent);
        silent = setTimeout(reconnect, 5000);
      }
    };
    silent = setTimeout(reconnect, 20000);
  }

  function disconnect() {
    clearTimeout(silent);
    source?.close();
  }

  function reconnect() {
    disconnect();
    lost();
    connect();
  }

  // A page that nobody sees needs no stream: browsers open few connections to a host.
  document.addEventListener('visibilitychange', () => { disconnect(); connect(); });
  connect();
});
