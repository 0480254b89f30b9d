/** The token of the acquirer's address. */
export const ACQUIRER_URL = 'ACQUIRER_URL';
