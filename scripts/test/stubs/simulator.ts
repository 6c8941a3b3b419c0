// Stands in for the simulator.
import { createServer } from 'node:http';

createServer((_request, response) => response.end('{"parties":["registry","on-ramp","client"]}')).listen(
  Number(process.env['SIMULATOR_PORT']),
  '127.0.0.1',
);
