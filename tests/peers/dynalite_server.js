// SPDX-License-Identifier: Apache-2.0
// dynalite on the loopback: node dynalite_server.js FOLDER PORT, where FOLDER has its node_modules.
// Prints "ready"; ends with its input.
const path = require('path')
const dynalite = require(path.join(process.argv[2], 'node_modules', 'dynalite'))

const server = dynalite({ createTableMs: 0, deleteTableMs: 0 })
server.listen(Number(process.argv[3]), '127.0.0.1', () => console.log('ready'))
process.stdin.on('end', () => process.exit(0)).resume()
