import { html } from "hono/html";
import type { Html } from "../format.ts";
import { layout } from "../layout.ts";
import type { Visit } from "../visit.ts";

/** Asks for a token. */
export function signInPage(visit: Visit, next: string, problem?: string): Html {
  return layout(visit, {
    title: "Sign in",
    body: html`<section class="sign-in"><h1>Sign in</h1>
    ${problem !== undefined && html`<p class="notice bad" role="alert" id="problem">${problem}</p>`}
    <form method="post" action="${visit.base}/sign-in" class="fields">
      <input type="hidden" name="next" value="${next}">
      <input type="text" name="username" value="xdrain" autocomplete="username" hidden>
      <label>Token
        <input type="password" name="token" required autofocus autocomplete="current-password" maxlength="512" ${
          problem === undefined ? "" : html`aria-invalid="true" aria-describedby="problem"`
        }></label>
      <button class="primary">Sign in</button>
    </form></section>`,
  });
}

/** Says what went wrong. */
export function problemPage(visit: Visit, title: string, text: string): Html {
  return layout(visit, {
    title,
    body: html`<section class="problem-page"><h1>${title}</h1><p>${text}</p>
    <p><a href="${visit.base}/">To all queues</a></p></section>`,
  });
}
