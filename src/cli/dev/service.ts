/** Something that `dev` serves, and ends when it ends. */
export interface Service {
  readonly name: string;
  /** Where it is. */
  readonly url: string;
  /** For a person, beside the address. */
  readonly note: string;
  /** What a person has to know beside that. */
  readonly warning?: string;
  close(): Promise<void>;
  /** Resolves when it has ended; one that belongs to somebody else has none. */
  readonly ended?: Promise<void>;
}
