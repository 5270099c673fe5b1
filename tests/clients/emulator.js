// How a Node.js client finds the emulator. The npm clients take a host without a port, so the process's own HTTPS agent
// says which port it is, as it would say which proxy; NODE_EXTRA_CA_CERTS says whom to trust. The clients are as they
// were published.
'use strict';
const https = require('node:https');

https.globalAgent = new https.Agent({ keepAlive: true, port: Number(process.env.DPS_PORT) });

exports.connectionString = process.env.DPS_CONNECTION_STRING.replace(`:${process.env.DPS_PORT};`, ';');
exports.host = 'localhost';
exports.idScope = process.env.DPS_ID_SCOPE;
