// @azure/identity: every credential that needs no user signs in, and the data plane takes its tokens.
//
// NODE_EXTRA_CA_CERTS says whom to trust. Instance discovery is off: the library would ask a public host about an
// authority that it does not know.
'use strict';
const assert = require('node:assert/strict');
const {
  ClientCertificateCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
  WorkloadIdentityCredential,
} = require('@azure/identity');

const host = `https://localhost:${process.env.DPS_PORT}`;
const tenant = process.env.DPS_TENANT_ID;
const client = process.env.DPS_CLIENT_ID;
const reader = process.env.DPS_READER_ID;
const scope = 'https://azure-devices-provisioning.net/.default';
const options = { authorityHost: host, disableInstanceDiscovery: true };

async function call(credential, method, body) {
  const { token } = await credential.getToken(scope);
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const response = await fetch(`${host}/enrollments/dev-1?api-version=2021-10-01`, { method, headers, body });
  return response.status;
}

async function writes(credential) {
  const record = { registrationId: 'dev-1', attestation: { type: 'symmetricKey' } };
  assert.equal(await call(credential, 'PUT', JSON.stringify(record)), 200);
  assert.equal(await call(credential, 'GET'), 200);
  assert.equal(await call(credential, 'DELETE'), 204);
}

async function reads(credential) {
  assert.equal(await call(credential, 'GET'), 404);
  assert.equal(await call(credential, 'DELETE'), 403);
}

async function refused(number, credential) {
  const error = await credential.getToken(scope).then(() => assert.fail('it should be refused'), (error) => error);
  assert.match(error.message, new RegExp(`AADSTS${number}|\\b${number}\\b`));
}

async function main() {
  await writes(new ClientSecretCredential(tenant, client, process.env.DPS_CLIENT_SECRET, options));
  const certificatePath = process.env.DPS_CERTIFICATE;
  await reads(new ClientCertificateCredential(tenant, reader, { certificatePath }, options));
  const chain = { ...options, sendCertificateChain: true };
  await reads(new ClientCertificateCredential(tenant, reader, { certificatePath }, chain));
  const tokenFilePath = process.env.DPS_FEDERATED_TOKEN_FILE;
  await reads(new WorkloadIdentityCredential({ tenantId: tenant, clientId: reader, tokenFilePath, ...options }));

  await refused(7000215, new ClientSecretCredential(tenant, client, 'wrong', options));
  await refused(700016, new ClientSecretCredential(tenant, 'nobody', 'wrong', options));
  await refused(700027, new ClientCertificateCredential(tenant, client, { certificatePath }, options));

  process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST = host;
  await writes(new ManagedIdentityCredential());
  await reads(new ManagedIdentityCredential({ clientId: process.env.DPS_IDENTITY_ID }));
  delete process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST;
  process.env.IDENTITY_ENDPOINT = process.env.DPS_IDENTITY_ENDPOINT;
  process.env.IDENTITY_HEADER = process.env.DPS_IDENTITY_HEADER;
  await writes(new ManagedIdentityCredential());
  await reads(new ManagedIdentityCredential({ clientId: process.env.DPS_IDENTITY_ID }));
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
