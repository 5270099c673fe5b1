// How a Node.js client finds the emulator. The npm clients take a host without a port, so where that is not 443 the
// process's own HTTPS agent says which it is, as it would say which proxy; NODE_EXTRA_CA_CERTS says whom to trust. The
// clients are as they were published.
'use strict';
const https = require('node:https');

const port = Number(process.env.DPS_PORT);
if (port !== 443) https.globalAgent = new https.Agent({ keepAlive: true, port });

exports.connectionString = process.env.DPS_CONNECTION_STRING.replace(`:${port};`, ';');
exports.host = 'localhost';
exports.idScope = process.env.DPS_ID_SCOPE;
