// Lower-case UUIDs (version 4) from the randomness handed in, so that a seeded run repeats them.

export function newRequestId(random: () => number): string {
  const hex = hex32(random) + hex32(random) + hex32(random) + hex32(random);
  const variant = '89ab'.charAt(Math.floor(random() * 4));
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}

function hex32(random: () => number): string {
  return Math.floor(random() * 0x1_0000_0000)
    .toString(16)
    .padStart(8, '0');
}
