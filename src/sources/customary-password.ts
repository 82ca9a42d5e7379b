/** The password by which samples and their reports are exchanged. */
export const CUSTOMARY_PASSWORD = 'infected'
