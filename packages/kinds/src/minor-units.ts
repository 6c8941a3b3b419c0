/**
 * ISO 4217 List One (as published on 2024-06-25, with XCG for ANG, and without BGN and CUC, which have ended since): active
 * currencies by how many decimals their minor unit gives them. Not in it: metals, bond units, testing and "no currency".
 * A table of our own rather than a package: 175 codes, two changes a year, and nothing to install in the door.
 */
const BY_DECIMALS: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2:
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY ' +
    'COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS ' +
    'INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR ' +
    'MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP ' +
    'STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

const DECIMALS = new Map(
  Object.entries(BY_DECIMALS).flatMap(([decimals, codes]) => codes.split(' ').map((code) => [code, Number(decimals)])),
);

/** How many decimals a currency has (JPY 0, EUR 2, KWD 3); undefined: ISO 4217 knows no such currency. */
export function minorUnitsOf(currency: string): number | undefined {
  return DECIMALS.get(currency);
}

/** What is wrong with an amount in that currency, as one sentence; undefined: nothing. Trailing zeros count as decimals. */
export function amountProblem(amount: string | number, currency: string): string | undefined {
  const allowed = minorUnitsOf(currency);
  if (allowed === undefined) return undefined;
  const decimals = String(amount).split('.')[1]?.length ?? 0;
  if (decimals <= allowed) return undefined;
  return `has ${decimals} decimals; ${currency} has ${allowed === 0 ? 'none' : allowed} (ISO 4217)`;
}
