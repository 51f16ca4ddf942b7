// An identity provider for the tests: oidc-provider, as its authors ship it, with clients, accounts and keys that a test can change.
//
//     node provider.mjs MODULES        MODULES: the folder that scripts/identity.sh made
//
// Prints {"port": ...} once it listens on 127.0.0.1. People log in with any name (it becomes their subject) and any password. Beneath
// /control it does what a test asks for: client, rotate, move, revoke, sign, keys.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// Its notices would go where only the address is read.
console.info = () => {};
const modules = process.argv[2];
const load = (file) => import(pathToFileURL(join(modules, 'node_modules', file)));
const { default: Provider } = await load('oidc-provider/lib/index.js');
const { default: MemoryAdapter } = await load('oidc-provider/lib/adapters/memory_adapter.js');
const jose = await load('jose/dist/node/esm/index.js');

const client = {
  client_id: 'reflector',
  client_secret: 'the-clients-secret',
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: ['http://127.0.0.1:1/none'],
  post_logout_redirect_uris: [],
};
const grants = new Set();
let number = 0;
let key; // {kid, private, pem}
let provider;
let behind = false; // of another server, which says by what address it was asked

class Adapter extends MemoryAdapter {
  async find(id) {
    if (this.model !== 'Client') return super.find(id);
    return id === client.client_id ? { ...client } : undefined;
  }
}

async function rotate() {
  const pair = await jose.generateKeyPair('RS256', { extractable: true });
  number += 1;
  const kid = `key-${number}`;
  const jwk = { ...(await jose.exportJWK(pair.privateKey)), kid, use: 'sig', alg: 'RS256' };
  key = { kid, private: pair.privateKey, pem: await jose.exportSPKI(pair.publicKey) };
  provider = new Provider(issuer, {
    adapter: Adapter,
    jwks: { keys: [jwk] },
    cookies: { keys: ['the cookie key of the tests'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    async findAccount(ctx, id) {
      const email = `${id}@example.org`;
      return {
        accountId: id,
        claims: async () => ({ sub: id, name: id, email, email_verified: !id.startsWith('unverified') }),
      };
    },
    // Nobody is asked for consent.
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId,
        accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope('openid email profile offline_access');
      grants.add(await grant.save());
      return grant;
    },
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  });
  provider.proxy = behind;
}

const control = {
  // Where the client may be sent back to.
  async client(change) {
    Object.assign(client, change);
    return {};
  },
  // Another key in the place of the one there was.
  async rotate() {
    await rotate();
    return { kid: key.kid };
  },
  // It is reached by another address: of a server that passes everything on.
  async move({ to }) {
    [issuer, behind] = [to, true];
    await rotate();
    return {};
  },
  // Whoever is logged in is not any more.
  async revoke() {
    for (const id of grants) await (await provider.Grant.find(id))?.destroy();
    return {};
  },
  // A token with these claims and this header, signed with the present key.
  async sign({ claims, header }) {
    const now = Math.floor(Date.now() / 1000);
    const all = { iss: issuer, aud: client.client_id, iat: now, exp: now + 600, ...claims };
    for (const name of Object.keys(all)) if (all[name] === null) delete all[name];
    const signer = new jose.SignJWT(all).setProtectedHeader({ alg: 'RS256', kid: key.kid, ...header });
    return { token: await signer.sign(key.private) };
  },
  async keys() {
    return { kid: key.kid, pem: key.pem };
  },
};

async function body(request) {
  let text = '';
  for await (const piece of request) text += piece;
  return text ? JSON.parse(text) : {};
}

const server = createServer(async (request, response) => {
  const asked = request.url.match(/^\/control\/(\w+)$/);
  if (!asked) return provider.callback()(request, response);
  response.setHeader('content-type', 'application/json');
  try {
    response.end(JSON.stringify(await control[asked[1]](await body(request))));
  } catch (error) {
    response.statusCode = 500;
    response.end(JSON.stringify({ error: String(error) }));
  }
});
let issuer;
server.listen(0, '127.0.0.1', async () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  await rotate();
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);
});
// It lives as long as whoever started it.
process.stdin.on('end', () => process.exit(0)).resume();
