/** A test for the names, below a bundle's folder, that only builds use. Whatever else people keep there is theirs. */
export function generatedNames(bundleName: string): (file: string) => boolean {
  const escaped = bundleName.replaceAll('.', String.raw`\.`);
  const patterns = [
    new RegExp(String.raw`^${escaped}-\d+\.\d+\.\d+\.zip$`),
    new RegExp(String.raw`^${escaped}\.(?:xml|d\.ts)$`),
    /^README\.md$/,
    new RegExp(String.raw`^device/${escaped}\.ts$`),
    /^schemas\/[A-Za-z][A-Za-z0-9_]*\.json$/,
    /^source-control\/(?:Projects|DataShapes|ThingShapes|ThingTemplates|Things)\/[A-Za-z][A-Za-z0-9_.-]*\.xml$/,
  ];
  return (file) => patterns.some((pattern) => pattern.test(file));
}
