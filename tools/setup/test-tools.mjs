#!/usr/bin/env node
// @ts-check
import { nginx, redis, setUpOrExit, systemd } from './setup.mjs';
import { pythonPackages } from './src/python-packages.mjs';

// What tests and Python's linters need besides npm packages, which are installed where Nx runs: the Nx target `test-tools`.
await setUpOrExit({ dev: true, parts: [pythonPackages, nginx, systemd, redis] });
