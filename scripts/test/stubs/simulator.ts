// Stands in for the simulator.
import { createServer } from 'node:http';

createServer((_request, response) => response.end('{"settings":{"registry":{},"on-ramp":{"API_KEY":"key"}}}')).listen(
  Number(process.env['SIMULATOR_PORT']),
  '127.0.0.1',
);
