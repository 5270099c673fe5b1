// A TPM in software, as far as a device client needs one: two storage keys, ActivateCredential, Import and HMAC of the
// TPM 2.0 Library specification. It opens what the service made for it, or throws.
'use strict';
const assert = require('node:assert/strict');
const { constants, createDecipheriv, createHash, createHmac, generateKeyPairSync, privateDecrypt } = require('node:crypto');

const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const hmac = (key, ...parts) => createHmac('sha256', key).update(Buffer.concat(parts)).digest();

const word = (value) => Buffer.from([value >> 8, value & 255]);
const long = (value) => Buffer.concat([word(value >>> 16), word(value & 65535)]);
const sized = (content) => Buffer.concat([word(content.length), content]);

// What is in `bytes`, each part after its length.
function parts(bytes, count) {
  const found = [];
  let at = 0;
  for (; found.length < count; at += 2 + found.at(-1).length) {
    found.push(bytes.subarray(at + 2, at + 2 + bytes.readUInt16BE(at)));
  }
  return [...found, bytes.subarray(at)];
}

const kdf = (seed, label, context, bits) =>
  hmac(seed, long(1), Buffer.from(`${label}\0`), context, long(bits)).subarray(0, bits / 8);

function decrypt(key, content) {
  const cipher = createDecipheriv('aes-128-cfb', key, Buffer.alloc(16));
  return Buffer.concat([cipher.update(content), cipher.final()]);
}

// The content that was protected by `seed` for the object called `name`.
function unprotect(seed, blob, name) {
  const [integrity, content] = parts(blob, 1);
  assert.deepEqual(hmac(kdf(seed, 'INTEGRITY', Buffer.alloc(0), 256), content, name), integrity);
  return decrypt(kdf(seed, 'STORAGE', name, 128), content);
}

class StorageKey {
  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.privateKey = privateKey;
    const modulus = Buffer.from(publicKey.export({ format: 'jwk' }).n, 'base64url');
    // RSA, SHA-256, a restricted decryption key, no policy, AES-128-CFB, no scheme, 2048 bits, the usual exponent.
    this.area = Buffer.concat([
      word(0x0001), word(0x000b), long(0x00030472), word(0), word(0x0006), word(128), word(0x0043), word(0x0010),
      word(2048), long(0), sized(modulus),
    ]);
    this.name = Buffer.concat([word(0x000b), sha256(this.area)]);
  }

  decrypt(seed, label) {
    const oaepLabel = Buffer.from(`${label}\0`);
    return privateDecrypt({ key: this.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256', oaepLabel }, seed);
  }
}

// What the clients call a security client.
exports.Tpm = class Tpm {
  constructor(id) {
    this.id = id;
    this.endorsement = new StorageKey();
    this.storage = new StorageKey();
    this.activations = 0;
  }

  get endorsementKey() {
    return sized(this.endorsement.area);
  }

  getRegistrationId(callback) {
    callback(null, this.id);
  }

  getEndorsementKey(callback) {
    callback(null, this.endorsementKey);
  }

  getStorageRootKey(callback) {
    callback(null, sized(this.storage.area));
  }

  activateIdentityKey(blob, callback) {
    const [credential, secret, duplicate, seed, area, , rest] = parts(blob, 6);
    assert.equal(rest.length, 0);
    const [innerKey] = parts(unprotect(this.endorsement.decrypt(secret, 'IDENTITY'), credential, this.storage.name), 1);
    const name = Buffer.concat([word(0x000b), sha256(area)]);
    const inner = decrypt(innerKey, unprotect(this.storage.decrypt(seed, 'DUPLICATE'), duplicate, name));
    const [integrity, sensitive] = parts(inner, 1);
    assert.deepEqual(sha256(sensitive, name), integrity);
    const [content] = parts(sensitive, 1);
    assert.equal(content.readUInt16BE(0), 0x0008);
    const [, unique, key] = parts(content.subarray(2), 3);
    // A key for HMAC with SHA-256 that may sign, is not bound to another TPM, and belongs to its public area.
    assert.deepEqual(area.subarray(0, 4), Buffer.concat([word(0x0008), word(0x000b)]));
    assert.equal(area.readUInt32BE(4) & 0x00040052, 0x00040040);
    assert.deepEqual(area.subarray(8), Buffer.concat([word(0), word(0x0005), word(0x000b), sized(sha256(unique, key))]));
    this.identityKey = key;
    this.activations += 1;
    callback(null);
  }

  signWithIdentity(data, callback) {
    callback(null, hmac(this.identityKey, Buffer.from(data)));
  }
};
