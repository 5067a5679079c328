// What is asked of the directory of people: who somebody is, and whether they may sign in. It is never changed from here.

export type DirectoryUser = {
  readonly kind: 'found';
  readonly principalId: string;
  /** Addresses and user names by which requests may name this person. */
  readonly emails: readonly string[];
  /** Absent where the directory does not say. */
  readonly status?: 'ENABLED' | 'DISABLED';
};

export type DirectoryAnswer = DirectoryUser | { readonly kind: 'absent' };

/** Both throw `DirectoryError` when the directory cannot be asked; that never means that somebody is absent. */
export type Directory = {
  /** By user name, then by e-mail address. */
  findUser(email: string): Promise<DirectoryAnswer>;
  findPrincipal(principalId: string): Promise<DirectoryAnswer>;
};

export class DirectoryError extends Error {
  override readonly name = 'DirectoryError';

  constructor(action: string, options: { readonly cause: unknown }) {
    super(`could not ${action}`, options);
  }
}
