// Keeps what the app told the page, and runs a program as a page would; the tests ask the bridge for the rest.
window.commands = [];
window.mvm.onCommand((command) => window.commands.push(command));

const encoder = new TextEncoder();
const control = (message) => new Uint8Array([0, ...encoder.encode(JSON.stringify(message))]);

/** Resolves with the machine once it runs; `ended` with what it said and its exit code. */
window.run = (request, input) => {
  const ended = Promise.withResolvers();
  const started = Promise.withResolvers();
  let said = '';
  const stream = window.mvm.open(
    'run',
    {},
    {
      message(data) {
        const text = new TextDecoder().decode(data.subarray(1));
        if (data[0] === 2 || data[0] === 3) {
          said += text;
          if (text) stream.send(control({ type: 'credit', channel: data[0], bytes: data.length - 1 }));
        }
        if (data[0] !== 0) return;
        const message = JSON.parse(text);
        if (message.type === 'started') started.resolve(message.machine);
        if (message.type === 'exit') ended.resolve({ said, exit: message.exit.code });
        if (message.type === 'error') {
          started.reject(new Error(message.error.message));
          ended.resolve({ said, error: message.error });
        }
      },
      closed: ({ error }) => ended.resolve({ said, error }),
    },
  );
  stream.send(control({ type: 'run', request }));
  for (const channel of [2, 3]) stream.send(control({ type: 'credit', channel, bytes: 256 * 1024 }));
  stream.send(new Uint8Array([1, ...encoder.encode(input)]));
  stream.send(new Uint8Array([1]));
  window.ended = ended.promise;
  return started.promise;
};
