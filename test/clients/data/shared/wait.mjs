export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Long enough for a statement to be under way in the server before another session gets in its way. */
export const UNDER_WAY_MS = 250;

/** What the server asks for a name, a password and a database, also where the server is an ill one. */
export const LOGIN = { user: 'app', password: 'secret', database: 'shop' };
