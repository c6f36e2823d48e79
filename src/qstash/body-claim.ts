/** Whether the claim is the SHA-256 of the body in base64url, with or without padding. */
export async function hasBody(claim: string, body: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  return claim.replace(/=$/, "") === toBase64url(digest);
}

function toBase64url(bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
