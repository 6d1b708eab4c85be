import { runGateway } from './run-gateway.ts';
import { readSettings } from './settings/read-settings.ts';

// A process of a gateway that doesn't run the program of the process that starts it.
await runGateway(() => readSettings(process.env), process);
