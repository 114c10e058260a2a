// Signing in: the browser's part of security keys and passkeys, and a password that can be looked at.
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const known = (list) => (list || []).map((key) => ({ ...key, id: bytes(key.id) }));

async function create(options, form) {
  const asked = options.creation_options.publicKey;
  const alone = form.elements.passwordless?.checked ?? false;
  const publicKey = {
    ...asked,
    challenge: bytes(asked.challenge),
    user: { ...asked.user, id: bytes(asked.user.id) },
    excludeCredentials: known(asked.excludeCredentials),
    authenticatorSelection: {
      ...asked.authenticatorSelection,
      residentKey: alone ? "required" : "discouraged",
      requireResidentKey: alone,
      userVerification: alone ? "required" : "preferred",
    },
  };
  const made = await navigator.credentials.create({ publicKey });
  return answer(made, {
    attestationObject: text(made.response.attestationObject),
    transports: made.response.getTransports?.() || [],
  });
}

async function get(options) {
  const asked = options.request_options.publicKey;
  const publicKey = { ...asked, challenge: bytes(asked.challenge), allowCredentials: known(asked.allowCredentials) };
  const found = await navigator.credentials.get({ publicKey });
  return answer(found, {
    authenticatorData: text(found.response.authenticatorData),
    signature: text(found.response.signature),
    userHandle: found.response.userHandle ? text(found.response.userHandle) : null,
  });
}

function answer(credential, response) {
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: { clientDataJSON: text(credential.response.clientDataJSON), ...response },
  };
}

async function optionsOf(form) {
  if (!("fetch" in form.dataset)) return JSON.parse(document.getElementById(form.dataset.options).textContent);
  const told = await fetch(form.action, { headers: { Accept: "application/json" } });
  return told.json();
}

function refuse(form) {
  form.querySelector("[data-refused]")?.remove();
  const notice = document.createElement("div");
  notice.className = "notice notice-red";
  notice.setAttribute("role", "alert");
  notice.dataset.refused = "";
  notice.textContent = form.dataset.failed;
  form.prepend(notice);
}

document.querySelectorAll("form[data-key]").forEach((form) => {
  if (!window.PublicKeyCredential) return;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const options = await optionsOf(form);
      const credential = form.dataset.key === "create" ? await create(options, form) : await get(options);
      form.elements.credential.value = JSON.stringify(credential);
      form.submit();
    } catch {
      refuse(form);
    }
  });
});

const show = document.currentScript.dataset.show;
document.querySelectorAll("input[type=password]").forEach((input) => {
  const box = document.createElement("input");
  const label = document.createElement("label");
  box.type = "checkbox";
  box.className = "form-check-input";
  label.className = "check show-password";
  label.append(box, " ", show);
  box.addEventListener("change", () => (input.type = box.checked ? "text" : "password"));
  input.form.addEventListener("submit", () => (input.type = "password"));
  input.after(label);
});
