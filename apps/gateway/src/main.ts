import { readSettings, runGateway } from '@fairlead/gateway';

await runGateway(() => readSettings(process.env), process);
