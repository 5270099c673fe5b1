// azure-iot-provisioning-device over the transport that DPS_TRANSPORT names: devices with a key of their own, with one
// derived from a group's, with certificates, with a TPM where the transport has it; then some that are refused. A record
// that is read, changed and written back keeps the keys that devices have.
'use strict';
const assert = require('node:assert/strict');
const { createHmac } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { ProvisioningDeviceClient } = require('azure-iot-provisioning-device');
const { ProvisioningServiceClient } = require('azure-iot-provisioning-service');
const { SymmetricKeySecurityClient } = require('azure-iot-security-symmetric-key');
const { X509Security } = require('azure-iot-security-x509');
const { connectionString, host, idScope } = require('./emulator');
const { Tpm } = require('./tpm');

const transports = {
  http: require('azure-iot-provisioning-device-http').Http,
  mqtt: require('azure-iot-provisioning-device-mqtt').Mqtt,
  mqtt_ws: require('azure-iot-provisioning-device-mqtt').MqttWs,
  amqp: require('azure-iot-provisioning-device-amqp').Amqp,
  amqp_ws: require('azure-iot-provisioning-device-amqp').AmqpWs,
};
const transport = process.env.DPS_TRANSPORT;

const service = ProvisioningServiceClient.fromConnectionString(connectionString);
const pem = (name) => readFileSync(join(process.env.DPS_CERTIFICATES, `${name}.pem`), 'utf8');
const certified = (name) => new X509Security(name, { cert: pem(name), key: pem(`${name}-key`) });
const keyed = (id, key) => new SymmetricKeySecurityClient(id, key);

const derived = (key, id) => createHmac('sha256', Buffer.from(key, 'base64')).update(id, 'utf8').digest('base64');

const keyOf = ({ responseBody }) => responseBody.attestation.symmetricKey.primaryKey;

function register(security, payload) {
  const client = ProvisioningDeviceClient.create(host, idScope, new transports[transport](), security);
  if (payload) client.setProvisioningPayload(payload);
  return client.register();
}

async function refused(security, name) {
  const error = await register(security).then(() => assert.fail('it should be refused'), (error) => error);
  assert.equal(error.name, name, `${error.stack}`);
  return error;
}

async function individual(registrationId, attestation, more) {
  return service.createOrUpdateIndividualEnrollment({ registrationId, attestation, ...more });
}

async function tpm() {
  const device = new Tpm('tpm-1');
  await individual('tpm-1', { type: 'tpm', tpm: { endorsementKey: device.endorsementKey.toString('base64') } });
  assert.equal((await register(device)).status, 'assigned');
  // One key to register with, and one for the hub.
  assert.equal(device.activations, 2);
  const other = new Tpm('tpm-1');
  await assert.rejects(register(other));
}

async function main() {
  const attestation = { type: 'symmetricKey' };
  const individualKey = keyOf(await individual('individual-1', attestation, { deviceId: 'Individual' }));
  const groupKey = keyOf(await service.createOrUpdateEnrollmentGroup({ enrollmentGroupId: 'by-key', attestation }));
  await service.createOrUpdateEnrollmentGroup({
    enrollmentGroupId: 'by-certificate',
    attestation: { type: 'x509', x509: { signingCertificates: { primary: { certificate: pem('root') } } } },
  });
  await individual('certified-2', { type: 'x509', x509: { clientCertificates: { primary: { certificate: pem('certified-2') } } } });

  const [own, member, inGroup, alone] = await Promise.all([
    register(keyed('individual-1', individualKey), { model: 7 }),
    register(keyed('member-1', derived(groupKey, 'member-1'))),
    register(certified('certified-1')),
    register(certified('certified-2')),
  ]);
  assert.equal(own.deviceId, 'Individual');
  assert.match(own.assignedHub, /^emulated-hub-[12]\.azure-devices\.net$/);
  assert.equal((await register(keyed('individual-1', individualKey))).assignedHub, own.assignedHub);

  const read = (await service.getIndividualEnrollment('individual-1')).responseBody;
  await service.createOrUpdateIndividualEnrollment({ ...read, capabilities: { iotEdge: true } });
  const group = (await service.getEnrollmentGroup('by-key')).responseBody;
  await service.createOrUpdateEnrollmentGroup({ ...group, reprovisionPolicy: { updateHubAssignment: true } });
  assert.equal((await register(keyed('individual-1', individualKey))).status, 'assigned');
  assert.equal((await register(keyed('member-1', derived(groupKey, 'member-1')))).status, 'assigned');

  assert.equal(member.deviceId, 'member-1');
  assert.equal(inGroup.status, 'assigned');
  assert.equal(alone.deviceId, 'certified-2');

  const { responseBody } = await service.getDeviceRegistrationState('certified-1');
  assert.equal(responseBody.assignedHub, inGroup.assignedHub);

  if (!transport.startsWith('mqtt')) await tpm();

  await refused(keyed('stranger', groupKey), 'UnauthorizedError');
  await refused(certified('stranger-1'), 'UnauthorizedError');
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
