// The board: cards move between stages by drag or by the arrow keys; a refused move puts the card back.
"use strict";

async function refreshBoard(focusId) {
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  const fresh = page.getElementById("board");
  if (!fresh) return location.reload();
  const left = document.getElementById("board").scrollLeft;
  document.getElementById("board").replaceWith(fresh);
  fresh.scrollLeft = left;
  startBoard();
  if (focusId) document.getElementById(focusId)?.focus();
}

async function move(card, stage, putBack) {
  card.classList.add("is-moving");
  try {
    const answer = await fetch(card.dataset.move, {
      method: "POST",
      headers: { "X-CSRFToken": crm.csrf(), "HX-Request": "true" },
      body: new URLSearchParams({ stage }),
    });
    await finish(answer, card, putBack);
  } catch {
    putBack();
    crm.tell(document.body.dataset.broken);
  } finally {
    card.classList.remove("is-moving");
  }
}

async function finish(answer, card, putBack) {
  if (answer.headers.get("HX-Refresh")) return location.reload();
  if (answer.headers.get("HX-Redirect")) return location.assign(answer.headers.get("HX-Redirect"));
  const html = await answer.text();
  const isDialog = html.includes("dialog-heading") && !crm.isWholePage(html);
  if (isDialog) return crm.openDialog(html, putBack);
  if (answer.ok) return refreshBoard(card.id);
  putBack();
  crm.tell(crm.reason(html));
}

function moveByKey(card, step) {
  const lists = [...document.querySelectorAll(".board-cards")];
  const from = card.parentElement;
  const to = lists[lists.indexOf(from) + step];
  if (!to) return;
  const next = card.nextElementSibling;
  to.prepend(card);
  card.focus();
  move(card, to.dataset.stage, () => {
    from.insertBefore(card, next);
    card.focus();
  });
}

function startBoard() {
  for (const list of document.querySelectorAll(".board-cards")) {
    Sortable.create(list, {
      group: "board",
      draggable: ".board-card[data-move]",
      sort: false,
      animation: 120,
      delay: 180,
      delayOnTouchOnly: true,
      onEnd({ item, from, to, oldIndex }) {
        if (from === to) return;
        move(item, to.dataset.stage, () => from.insertBefore(item, from.children[oldIndex] || null));
      },
    });
  }
}

document.addEventListener("keydown", (event) => {
  const card = event.target.closest?.(".board-card[data-move]");
  if (card !== event.target || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  event.preventDefault();
  moveByKey(card, event.key === "ArrowRight" ? 1 : -1);
});

startBoard();
