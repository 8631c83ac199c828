/** The spectrum of a regularly sampled channel: a windowed Fourier transform, in decibels. Touches no DOM. */

/** Sums of cosines: each has one narrow or one low skirt. */
export const WINDOWS = {
  hann: [0.5, -0.5],
  blackman: [0.35875, -0.48829, 0.14128, -0.01168],
  flat: [0.21557895, -0.41663158, 0.277263158, -0.083578947, 0.006947368],
  none: [1],
} as const;
export type WindowName = keyof typeof WINDOWS;

/** Below this everything is noise of the arithmetic. */
const FLOOR_DB = -200;

export interface Spectrum {
  /** The distance of two lines. */
  step_hz: number;
  /** 20·log10 of each line's amplitude (a sine of amplitude 1 is 0 dB); from 0 Hz to half of the sampling rate. */
  db: Float64Array;
}

/** The spectrum of a power of two of samples, `dt_s` apart. Their mean is taken away first. */
export function spectrumOf(samples: Float64Array, dt_s: number, name: WindowName): Spectrum {
  const count = samples.length;
  const mean = samples.reduce((sum, value) => sum + value, 0) / count;
  const terms = WINDOWS[name];
  const real = new Float64Array(count);
  for (let at = 0; at < count; at += 1) {
    const weight = terms.reduce((sum, term, order) => sum + term * Math.cos((2 * Math.PI * order * at) / count), 0);
    real[at] = (samples[at]! - mean) * weight;
  }
  const imaginary = new Float64Array(count);
  transform(real, imaginary);
  const db = new Float64Array(count / 2 + 1);
  for (let line = 0; line < db.length; line += 1) {
    // A real signal's amplitude is in two lines, but for the first and the last; a window lets only its mean through.
    const sides = line === 0 || line === count / 2 ? 1 : 2;
    const amplitude = (sides * Math.hypot(real[line]!, imaginary[line]!)) / (count * terms[0]);
    db[line] = Math.max(FLOOR_DB, 20 * Math.log10(amplitude));
  }
  return { step_hz: 1 / (count * dt_s), db };
}

/** The highest line but for the mean's. */
export function peakOf(spectrum: Spectrum): { hz: number; db: number } {
  let best = 1;
  for (let line = 2; line < spectrum.db.length; line += 1) if (spectrum.db[line]! > spectrum.db[best]!) best = line;
  return { hz: best * spectrum.step_hz, db: spectrum.db[best]! };
}

/** The fast Fourier transform in place (radix 2); the length is a power of two. */
export function transform(real: Float64Array, imaginary: Float64Array): void {
  const count = real.length;
  for (let at = 1, mirrored = 0; at < count; at += 1) {
    let bit = count >> 1;
    for (; mirrored & bit; bit >>= 1) mirrored ^= bit;
    mirrored ^= bit;
    if (at < mirrored) {
      [real[at], real[mirrored]] = [real[mirrored]!, real[at]!];
      [imaginary[at], imaginary[mirrored]] = [imaginary[mirrored]!, imaginary[at]!];
    }
  }
  for (let size = 2; size <= count; size *= 2) {
    const half = size / 2;
    for (let offset = 0; offset < half; offset += 1) {
      const angle = (-2 * Math.PI * offset) / size;
      const cos = Math.cos(angle);
      const sin = Math.sin(angle);
      for (let at = offset; at < count; at += size) {
        const other = at + half;
        const re = real[other]! * cos - imaginary[other]! * sin;
        const im = real[other]! * sin + imaginary[other]! * cos;
        real[other] = real[at]! - re;
        imaginary[other] = imaginary[at]! - im;
        real[at]! += re;
        imaginary[at]! += im;
      }
    }
  }
}
