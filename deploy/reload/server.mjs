// A server that looks at its files once a second, and needs no signal: node server.mjs PORT DIR NAME...
// Its clients need a certificate of the same CA that has one of the NAMEs: a URI (spiffe://...), else a DNS name.
import { readFileSync, realpathSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';

const [port, directory, ...allowed] = process.argv.slice(2);

// What stands in the directory now. It is resolved once, so that key and chain fit.
const live = () => realpathSync(join(directory, '.versions', 'live'));
const load = version => ({
  cert: readFileSync(join(version, 'tls.crt')),
  key: readFileSync(join(version, 'tls.key')),
  ca: readFileSync(join(version, 'ca.crt')),
  minVersion: 'TLSv1.2',
});

// "URI:spiffe://mesh.internal/client, DNS:client.internal"; Node puts names with odd characters in quotes.
const listed = peer => {
  const names = (peer.subjectaltname ?? '').split(', ');
  return allowed.some(name => names.includes('URI:' + name) || names.includes('DNS:' + name));
};

let version = live();
const server = createServer({ ...load(version), requestCert: true, rejectUnauthorized: true }, (request, response) => {
  const ok = listed(request.socket.getPeerCertificate());
  response.writeHead(ok ? 200 : 403);
  response.end(ok ? 'hello\n' : 'you are not on the list\n');
});

setInterval(() => {
  try {
    const next = live();
    if (next === version) return;
    server.setSecureContext(load(next)); // for new connections; those that stand are not touched
    version = next;
  } catch (error) {
    console.error(`kept the former certificate: ${error.message}`); // looked at again in a second
  }
}, 1000);

server.listen(Number(port));
