#!/usr/bin/env node
// @ts-check
import { containers, fleet, nginx, prometheus, redis, setUpOrExit, systemd } from './setup.mjs';
import { pythonPackages } from './src/python-packages.mjs';

// Installs the tools of tests and of Python's linters other than npm packages, which are installed where Nx runs: the Nx target `test-tools`.
await setUpOrExit({
  dev: true,
  parts: [pythonPackages, nginx, systemd, redis, prometheus, fleet, containers],
});
