// azure-iot-provisioning-service: a round of every call, with records of both kinds.
'use strict';
const assert = require('node:assert/strict');
const { ProvisioningServiceClient } = require('azure-iot-provisioning-service');
const { connectionString } = require('./emulator');

const client = ProvisioningServiceClient.fromConnectionString(connectionString);

// What the two kinds differ in.
const kinds = [
  {
    id: 'registrationId',
    put: (record) => client.createOrUpdateIndividualEnrollment(record),
    get: (id) => client.getIndividualEnrollment(id),
    remove: (record, etag) => client.deleteIndividualEnrollment(record, etag),
    query: (size) => client.createIndividualEnrollmentQuery({ query: 'SELECT *' }, size),
    bulk: (mode, records) => client.runBulkEnrollmentOperation({ mode, enrollments: records }),
    keys: (id) => client.getIndividualEnrollmentAttestationMechanism(id),
    exists: 409201,
  },
  {
    id: 'enrollmentGroupId',
    put: (record) => client.createOrUpdateEnrollmentGroup(record),
    get: (id) => client.getEnrollmentGroup(id),
    remove: (record, etag) => client.deleteEnrollmentGroup(record, etag),
    query: (size) => client.createEnrollmentGroupQuery({ query: 'SELECT *' }, size),
    keys: (id) => client.getEnrollmentGroupAttestationMechanism(id),
    exists: 409202,
  },
];

async function fails(call, status, code) {
  const error = await call.then(() => assert.fail('it should be refused'), (error) => error);
  assert.equal(error.response.statusCode, status, error.message);
  if (code) assert.equal(JSON.parse(error.responseBody).errorCode, code);
  return error;
}

async function pages(query) {
  const seen = [];
  let count = 0;
  while (query.hasMoreResults) {
    const { responseBody } = await query.next(query.continuationToken);
    seen.push(...responseBody);
    count += 1;
  }
  return { seen, count };
}

async function round(kind) {
  const record = (id, more) => ({ [kind.id]: id, attestation: { type: 'symmetricKey' }, ...more });
  const created = (await kind.put(record('Dev:1', { initialTwin: { tags: { version: 1.5 } } }))).responseBody;
  assert.equal(created[kind.id], 'Dev:1');
  const { primaryKey } = created.attestation.symmetricKey;
  assert.equal(Buffer.from(primaryKey, 'base64').length, 64);
  await fails(kind.put(record('dev:1')), 409, kind.exists);

  const read = (await kind.get('dev:1')).responseBody;
  assert.deepEqual(read.attestation, { type: 'symmetricKey' });
  assert.deepEqual(read.initialTwin, { tags: { version: 1.5 } });
  assert.equal((await kind.keys('dev:1')).responseBody.symmetricKey.primaryKey, primaryKey);

  const updated = (await kind.put({ ...read, provisioningStatus: 'disabled' })).responseBody;
  assert.equal(updated.provisioningStatus, 'disabled');
  assert.notEqual(updated.etag, read.etag);
  await fails(kind.put({ ...read, provisioningStatus: 'enabled' }), 412);

  for (let number = 2; number <= 7; number += 1) await kind.put(record(`dev:${number}`));
  const { seen, count } = await pages(kind.query(3));
  assert.deepEqual(seen.map((each) => each[kind.id].toLowerCase()).sort(), [1, 2, 3, 4, 5, 6, 7].map((n) => `dev:${n}`));
  assert.equal(count, 3);

  await fails(kind.remove('dev:1', read.etag), 412);
  await kind.remove(updated);
  await kind.remove('dev:2');
  await kind.remove('dev:3', '*');
  await fails(kind.get('dev:1'), 404);

  if (kind.bulk) {
    const two = [record('bulk-1'), record('bulk-2')];
    assert.deepEqual((await kind.bulk('create', two)).responseBody, { errors: [], isSuccessful: true });
    const again = (await kind.bulk('create', [...two, record('bulk-3')])).responseBody;
    assert.equal(again.isSuccessful, false);
    assert.deepEqual(again.errors.map((error) => error.errorCode), [kind.exists, kind.exists]);
    assert.equal((await kind.bulk('delete', [...two, record('bulk-3')])).responseBody.isSuccessful, true);
  }
  assert.equal((await pages(kind.query())).seen.length, 4);
}

async function registrations() {
  const { responseBody } = await client.getDeviceRegistrationState('seeded-1');
  assert.equal(responseBody.status, 'assigned');
  const query = client.createEnrollmentGroupDeviceRegistrationStateQuery({ query: 'SELECT *' }, 'seeded', 2);
  const { seen, count } = await pages(query);
  assert.equal(seen.length, 5);
  assert.equal(count, 3);
  await client.deleteDeviceRegistrationState(responseBody);
  await fails(client.getDeviceRegistrationState('seeded-1'), 404);
}

async function main() {
  for (const kind of kinds) await round(kind);
  await registrations();
  const stranger = connectionString.replace(/SharedAccessKey=.*/, `SharedAccessKey=${'AAAA'.repeat(16)}`);
  await fails(ProvisioningServiceClient.fromConnectionString(stranger).getIndividualEnrollment('dev:4'), 401);
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
