import { IANAZone } from 'luxon';
import { closest } from './did-you-mean.ts';

/** Names of the time zone database that Intl takes and doesn't list, as far as they aren't written Like/This_One. */
const UNLISTED = [
  'CET CST6CDT Cuba EET EST EST5EDT Egypt Eire GB GB-Eire GMT GMT+0 GMT-0 GMT0 Greenwich HST Hongkong Iceland Iran',
  'Israel Jamaica Japan Kwajalein Libya MET MST MST7MDT NZ NZ-CHAT Navajo PRC PST8PDT Poland Portugal ROC ROK Singapore',
  'Turkey UCT UTC Universal W-SU WET Zulu America/Argentina/ComodRivadavia America/Knox_IN Australia/ACT Australia/LHI',
  'Australia/NSW Brazil/DeNoronha Chile/EasterIsland Mexico/BajaNorte Mexico/BajaSur',
].flatMap((names) => names.split(' '));

/**
 * The time zone that a name is meant to be, in the spelling of the time zone database: Intl takes names in any case,
 * and some that the database doesn't have; Temporal takes them only as they stand there. Undefined where none is near.
 */
export function zoneMeantBy(name: string): string | undefined {
  const listed = [...Intl.supportedValuesOf('timeZone'), ...UNLISTED];
  const lower = name.toLowerCase();
  const found = listed.find((zone) => zone.toLowerCase() === lower);
  if (found !== undefined) return found;
  // Offsets are zones to newer versions of Intl.
  if (!/^[a-z]/.test(lower) || !IANAZone.isValidZone(name)) return closest(name, listed);
  if (name.includes('/')) return titled(lower);
  return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
}

const titled = (lower: string): string =>
  lower
    .replace(/(^|[/_-])[a-z]/g, (first) => first.toUpperCase())
    .replace(/^Us\/|^Etc\/(Gmt|Uct|Utc)/, (area) =>
      area === 'Us/' ? 'US/' : `Etc/${area.slice(4).toUpperCase()}`,
    );
