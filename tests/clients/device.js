// azure-iot-provisioning-device over HTTP: devices with a key of their own, with one derived from a group's, and with a
// certificate of a group's authority; then one that nobody knows. A record that is read, changed and written back keeps
// the keys that devices have.
'use strict';
const assert = require('node:assert/strict');
const { createHmac } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { ProvisioningDeviceClient } = require('azure-iot-provisioning-device');
const { Http } = require('azure-iot-provisioning-device-http');
const { ProvisioningServiceClient } = require('azure-iot-provisioning-service');
const { SymmetricKeySecurityClient } = require('azure-iot-security-symmetric-key');
const { X509Security } = require('azure-iot-security-x509');
const { connectionString, host, idScope } = require('./emulator');

const service = ProvisioningServiceClient.fromConnectionString(connectionString);
const pem = (name) => readFileSync(join(process.env.DPS_CERTIFICATES, `${name}.pem`), 'utf8');

const derived = (key, id) => createHmac('sha256', Buffer.from(key, 'base64')).update(id, 'utf8').digest('base64');

const keyOf = ({ responseBody }) => responseBody.attestation.symmetricKey.primaryKey;

async function register(security, payload) {
  const client = ProvisioningDeviceClient.create(host, idScope, new Http(), security);
  if (payload) client.setProvisioningPayload(payload);
  return client.register();
}

async function main() {
  const attestation = { type: 'symmetricKey' };
  const individual = { registrationId: 'individual-1', deviceId: 'Individual', attestation };
  const individualKey = keyOf(await service.createOrUpdateIndividualEnrollment(individual));
  const groupKey = keyOf(await service.createOrUpdateEnrollmentGroup({ enrollmentGroupId: 'by-key', attestation }));
  await service.createOrUpdateEnrollmentGroup({
    enrollmentGroupId: 'by-certificate',
    attestation: { type: 'x509', x509: { signingCertificates: { primary: { certificate: pem('root') } } } },
  });

  const own = await register(new SymmetricKeySecurityClient('individual-1', individualKey), { model: 7 });
  assert.equal(own.deviceId, 'Individual');
  assert.match(own.assignedHub, /^emulated-hub-[12]\.azure-devices\.net$/);
  assert.equal((await register(new SymmetricKeySecurityClient('individual-1', individualKey))).assignedHub, own.assignedHub);

  const read = (await service.getIndividualEnrollment('individual-1')).responseBody;
  await service.createOrUpdateIndividualEnrollment({ ...read, capabilities: { iotEdge: true } });
  const group = (await service.getEnrollmentGroup('by-key')).responseBody;
  await service.createOrUpdateEnrollmentGroup({ ...group, reprovisionPolicy: { updateHubAssignment: true } });
  assert.equal((await register(new SymmetricKeySecurityClient('individual-1', individualKey))).status, 'assigned');

  const member = await register(new SymmetricKeySecurityClient('member-1', derived(groupKey, 'member-1')));
  assert.equal(member.deviceId, 'member-1');

  const signed = { cert: pem('device'), key: pem('device-key') };
  const x509 = await register(new X509Security('certified-1', signed));
  assert.equal(x509.status, 'assigned');

  const { responseBody } = await service.getDeviceRegistrationState('certified-1');
  assert.equal(responseBody.assignedHub, x509.assignedHub);

  const stranger = register(new SymmetricKeySecurityClient('stranger', groupKey));
  const refused = await stranger.then(() => assert.fail('nobody knows it'), (error) => error);
  assert.equal(refused.name, 'UnauthorizedError');
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
