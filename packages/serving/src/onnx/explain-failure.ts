/** A message of ONNX Runtime, and what it means for the owner of the model. */
type Explanation = readonly [pattern: RegExp, explain: (...found: string[]) => string];

const explanations: readonly Explanation[] = [
  [
    /Failed to construct locale with name:([\w.@-]+?):/,
    (locale) =>
      `the model's texts need the locale ${locale}, which this host doesn't have; install it ` +
      `(Debian: apt-get install locales, add "${locale} UTF-8" to /etc/locale.gen, run locale-gen) and restart`,
  ],
  [
    /Unsupported model IR version: (\d+), max supported IR version: (\d+)/,
    (version, most) =>
      `the file has the IR version ${version}, and this ONNX Runtime reads up to ${most}; export it with an older onnx package`,
  ],
  [
    /Opset (\d+) is under development.*official support for domain (\S+) is till opset (\d+)/s,
    (version, domain, most) =>
      `the model uses operator set ${version} of ${domain}, and this ONNX Runtime knows up to ${most}; export it with target_opset=${most}`,
  ],
  [
    /Could not find an implementation for ([\w.]+)\((\d+)\)/,
    (operator, version) =>
      `this ONNX Runtime can't compute ${operator} of operator set ${version} on a CPU for the datatypes that it is given; ` +
      'export with float32, or another operator set',
  ],
  [
    /No Op registered for (\S+) with domain_version of (\d+)/,
    (operator, version) =>
      `this ONNX Runtime has no operator ${operator} in operator set ${version}; export with another operator set`,
  ],
  [
    /(?:Fatal error: )?([\w.]*):(\w+)\(-?\d+\) is not a registered function\/op/,
    (domain, operator) =>
      `the operator ${operator} of ${domain === '' ? 'ONNX' : domain} isn't part of ONNX Runtime, and custom operators can't be loaded; ` +
      'export without it',
  ],
];

/** Says in the words of a model's owner why ONNX Runtime can't load it; other messages lose their places in C++. */
export function explainFailure(message: string): string {
  for (const [pattern, explain] of explanations) {
    const [found, ...parts] = pattern.exec(message) ?? [];
    if (found !== undefined) return explain(...parts);
  }
  return (
    message
      .replace(/^(?:Exception during initialization: )?\/?[\w./-]+\.(?:cc|h):\d+ /, '')
      // The C++ function that follows, with its parameters.
      .replace(/^[\w:<>&*, ]*onnxruntime::[^)]*\)(?:::<lambda\(\)>)?(?: const)? /, '')
      .trim()
  );
}
