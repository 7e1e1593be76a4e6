"""The rules that podsync checks: the meaning and the remedy of each.

A rule is in this table once, whatever raises it. Two kinds are kept next to the code that checks them: the
rules of one valid document (`catalog.rules`), and those of a single provider (`Provider.own_rules`).
`catalog.rules.known_rules` returns all of them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from podsync.model.diagnostic import Rule

#: Title of a group -> its rules.
RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "Finding and reading files": (
        Rule(
            "unreadable", "error", "A file or folder cannot be read",
            "Check that it exists and that you may read it.",
        ),
        Rule(
            "not-a-file", "error", "A device, a socket or a pipe has the name of a catalog file",
            "It is not opened. Remove it from the catalog folder.",
        ),
        Rule(
            "link", "error", "A symbolic link leads out of the catalog",
            "What is outside is not reviewed with the catalog. Put the file itself here.",
        ),
        Rule(
            "case-only", "warning", "Two file names differ in case or in accents only",
            "On macOS and Windows one takes the other's place. Rename one of the two.",
        ),
        Rule(
            "not-read", "warning", "A file looks like a part of the catalog and is not read",
            "Give it the ending `.yaml`, or move it out of the catalog folder.",
        ),
        Rule(
            "too-large", "error", "A file or a document is over the limit of what is read",
            "Split it into several files.",
        ),
        Rule(
            "too-many", "error", "There are more faults than are shown",
            "Correct those above first, then run the command again.",
        ),
        Rule(
            "pointer-file", "error", "A file holds a pointer of another program, not its content",
            "Fetch or decrypt the content (`git lfs pull`, `git annex get`, `git-crypt unlock`), and keep "
            "YAML and JSON out of such storage: they are text.",
        ),
        Rule(
            "encoding", "error", "A file is not UTF-8 text",
            "Save it as UTF-8. Windows PowerShell writes UTF-16 with `>`: use `-o FORMAT=FILE` there.",
        ),
        Rule(
            "merge-conflict", "error", "A merge conflict is not resolved",
            "Keep one side or put both together, and remove the lines with `<<<<<<<`, `=======` and "
            "`>>>>>>>`.",
        ),
        Rule(
            "outside", "error", "A path of the settings leads out of the repository",
            "Keep it beside `podsync.yaml`, or put the settings outside of the repository too and name them "
            "with `--config`.",
        ),
        Rule(
            "own-folder", "error", "`.podsync/` is a link, or Git tracks it",
            "It belongs to one machine. Remove the link, or take it out of Git with `git rm -r --cached "
            ".podsync`.",
        ),
    ),
    "Reading YAML": (
        Rule(
            "yaml", "error", "A file is not YAML",
            "The message names the character and what to write instead. Texts with special characters "
            "belong into quotes; indentation is made of spaces.",
        ),
        Rule(
            "alias", "error", "An anchor (`&`) or an alias (`*`) is used",
            "A reviewer must see what is sent. Write the value out at each place, or quote a text that "
            "begins so.",
        ),
        Rule(
            "merge-key", "error", "A merge key (`<<`) is used",
            "A reviewer must see what is sent. Write the keys out.",
        ),
        Rule(
            "tag", "error", "A tag (`!name`) is used",
            "Tags are not read. Remove it, and put a text that begins with `!` in quotes.",
        ),
        Rule(
            "directive", "error", "A directive (`%`) is used",
            "Directives are not read. Remove the line.",
        ),
        Rule(
            "duplicate-key", "error", "A key stands twice in one mapping",
            "One of the two values would be lost. Keep one, or put `---` above the second document.",
        ),
        Rule(
            "key", "error", "A key is not a text",
            "YAML reads it as a number, a boolean, nothing, a list or a mapping. Put it in quotes, or write "
            "`key: value`.",
        ),
        Rule(
            "number", "error", "A number cannot be sent",
            "JSON has no infinity, no not-a-number and no number this large. Write another one, or quote a "
            "text.",
        ),
        Rule(
            "comment-in-text", "error", "`#` begins a comment where a text was meant",
            "YAML drops what follows. Put the text in quotes, or the comment on a line of its own.",
        ),
        Rule(
            "control-character", "error", "A text holds a character that nobody can see",
            "It would be sent, and texts that look alike would differ. Remove it or type a space.",
        ),
        Rule(
            "too-deep", "error", "Values are nested deeper than any product needs",
            "Check that each bracket is closed and that the indentation is what was meant.",
        ),
    ),
    "Many products from one document": (
        Rule(
            "each", "error", "`each`, or what is said of its products, is not as it has to be",
            "The message names the axis, the key and what was meant. See `podsync help authoring`.",
        ),
        Rule(
            "max-each", "error", "One document makes more products than are allowed",
            "Take keys out, split the document, or raise `limits.max_each` in `podsync.yaml`.",
        ),
        Rule(
            "table", "error", "A CSV cannot be read as the keys of an axis",
            "Save it as CSV UTF-8 with a header; each row has a key of its own.",
        ),
        Rule(
            "value", "error", "A value is not fit to be put where a `${…}` names it",
            "The message names its cell. Format the column as text, write the value anew, and save it again.",
        ),
        Rule(
            "reference", "error", "A `${…}` names no value",
            "Write `${axis}`, `${axis.field}` or `${var.NAME}`; `$${` stands for itself.",
        ),
        Rule(
            "defaults", "error", "A `_defaults.yaml` is not as it has to be",
            "It is one document: what products have in common, below their kind.",
        ),
    ),
    "One document": (
        Rule(
            "schema", "error", "A document does not fit the schema of its kind, or the settings theirs",
            "The message names the field and what it takes. `podsync schema` writes the schema, and with it "
            "an editor shows the same while you type.",
        ),
        Rule(
            "known-ids", "error", "The file of known ids is damaged",
            "Take `_known.yaml` back from Git, or remove it and run `podsync models --save` again.",
        ),
        Rule(
            "unknown-model", "warning", "A model is none that the account is known to have",
            "Look at its id: `podsync models WORD`. If the supplier has it by now: `podsync models --save`.",
        ),
        Rule(
            "odd-name", "warning", "The name of a product is odd",
            "It has spaces too many, an invisible character, curly quotes, HTML or broken UTF-8. No "
            "provider's API can take it back: write it as people should read it.",
        ),
        Rule(
            "odd-url", "warning", "The URL of a picture is odd",
            "It has an invisible character, HTML, broken UTF-8, or text that is not part of it. Copy the "
            "address again.",
        ),
    ),
    "Formatting, in `podsync fmt` only": (
        Rule(
            "layout", "warning", "A file is written in a form that `podsync fmt` does not move",
            "The file is left as it is. Write each key on a line of its own: key: value.",
        ),
    ),
    "Between documents": (
        Rule(
            "declared-twice", "error", "Two documents have one address",
            "Kind and name together are the address of one product. Rename or remove one of the two.",
        ),
        Rule(
            "indistinguishable", "error", "A listing could not tell two products apart",
            "After an interrupted apply nobody could say which of them exists. Give each a mock-up or a "
            "name of its own; if one became the other, write `moved:`.",
        ),
        Rule(
            "same-name", "error", "Two products have one name for a customer of both",
            "Orders find a product by its name. Rename one, or let them share no customer.",
        ),
        Rule(
            "same-picture", "warning", "Two colours have one front picture",
            "Customers would see the wrong colour. Give each colour its own mock-up.",
        ),
        Rule(
            "same-design", "warning", "Two products have one model, artwork and colour",
            "If both are the same product, remove one of them.",
        ),
        Rule(
            "moved", "error", "A former name is in use, or two documents claim it",
            "One product cannot become two. Keep the name in one `moved:` only, and remove the old "
            "document.",
        ),
        Rule(
            "removed", "error", "An address stands under `removed:` and is still in the catalog",
            "Remove the document, or take the address out of `removed:`.",
        ),
        Rule(
            "adopted-twice", "error", "Two documents name one existing product by `adopt:`",
            "One product has one document. Look at the id again, or remove one of the two.",
        ),
    ),
    "Pictures (`validate --images`)": (
        Rule(
            "picture-unreachable", "error", "A picture cannot be fetched",
            "The provider could not fetch it either. Open the URL in a private window, and correct it or "
            "the rights of the file.",
        ),
        Rule(
            "picture-not-public", "error", "A picture is not on the public internet",
            "Its host is private, or this machine. Put the picture where a provider can reach it.",
        ),
        Rule(
            "picture-not-an-image", "error", "A URL leads to something that is no picture, or a broken one",
            "Use the address of the picture itself, not that of a page about it, or export it again.",
        ),
        Rule(
            "picture-format", "warning", "A picture has an unusual format",
            "Browsers and shops may not show it. Use PNG, JPEG or WebP.",
        ),
        Rule(
            "picture-media-type", "warning", "A server calls a picture something else",
            "Have it served with its own `Content-Type`: providers may go by that.",
        ),
        Rule(
            "picture-opaque", "warning", "An artwork has no transparency",
            "Its background is printed as well. If that is not meant, export it as PNG with alpha.",
        ),
        Rule(
            "picture-huge", "warning", "A picture has more pixels than most services unpack",
            "Export it smaller.",
        ),
        Rule(
            "picture-low-dpi", "warning", "An artwork is too small for its print size",
            "The print would be blurred. Use a larger picture, or print it smaller (`print:`).",
        ),
        Rule(
            "picture-small", "warning", "A picture has very few pixels",
            "It may be a thumbnail or a placeholder. Use the full picture.",
        ),
        Rule(
            "picture-large", "warning", "A picture has very many bytes",
            "Shop pages load slowly, and an artwork may be refused. Export it smaller, or as WebP.",
        ),
        Rule(
            "picture-signed", "warning", "A picture lies behind a redirect to a signed address",
            "That address expires. Give the picture a lasting one.",
        ),
        Rule(
            "picture-expires", "warning", "The store of a picture will delete it",
            "Keep it where no such rule of expiry holds.",
        ),
        Rule(
            "picture-duplicate", "warning", "Two products show one front picture under two addresses",
            "Each product should have its own mock-up. Check that both are right.",
        ),
    ),
    "Making a plan": (
        Rule(
            "max-creates", "error", "A plan makes more products than the limit",
            "Is it meant? `--allow creates=N` lifts the limit once, `limits.max_creates` for good.",
        ),
        Rule(
            "max-replaces", "error", "A plan replaces more products than the limit",
            "Each old product stays on sale. `--allow replaces=N` lifts the limit once, "
            "`limits.max_replaces` for good.",
        ),
        Rule(
            "max-orphans", "error", "A plan leaves more products without a document than the limit",
            "A part of the catalog may be missing. `--allow orphans=N` lifts the limit once, "
            "`limits.max_orphans` for good.",
        ),
        Rule(
            "looks-like-a-rename", "error", "A new document looks like one that is gone",
            "Write `moved: [OLD-NAME]` if it is the same product, or `moved: []` if it is another one.",
        ),
        Rule(
            "rename-cycle", "error", "Products take each other's names",
            "No order of updates would be right. Rename one of them to a temporary name first, in a change "
            "of its own.",
        ),
        Rule(
            "name-taken", "error", "A name belongs to another product for a shared customer",
            "Orders find a product by its name. Choose another one, or remove or rename the other product "
            "first.",
        ),
        Rule(
            "namesake", "warning", "The provider lists a product of the same name that is not ours",
            "Nothing has to be done: apply creates beside it.",
        ),
        Rule(
            "swap-open", "error", "A new product stands ready, and its document no longer lets it go on",
            "Put back `lifecycle: {replace: swap}`, or `staged`; the former spec takes that product back.",
        ),
        Rule(
            "prevent-orphan", "error", "The document of a protected product is gone",
            "Restore the document, or set `prevent_orphan: false` in it, apply, and delete it then.",
        ),
        Rule(
            "prevent-replace", "error", "A protected product would be replaced",
            "Undo the change, or remove `prevent_replace` in a change of its own.",
        ),
        Rule(
            "incomplete-spec", "error", "A document leaves out what is known, or what a new product needs",
            "Beside `adopt:` a document may leave fields out. Fill in those that the message names.",
        ),
        Rule(
            "not-adopted", "warning", "The product that a document names by `adopt:` is not taken",
            "It is not listed, another address holds it, or it is of another model. Look at the id again.",
        ),
        Rule(
            "renamed-there", "warning", "Values are to be set back, and orders may say the listed name",
            "Keep the name by the patch of `podsync drift`, or write `renamed_from:` with the listed name.",
        ),
        Rule(
            "in-doubt", "warning", "Nobody knows whether an earlier request was carried out",
            "Compare the products that are named with the document, then run the command for what you see.",
        ),
        Rule(
            "may-be-ours", "warning", "A listed product may be the one that a document wants",
            "It is not created until a person says so. Run the command for what you see.",
        ),
        Rule(
            "not-listed", "warning", "A product that was made is not listed when it should be",
            "Look for it on the provider's web page, then run the command for what you see.",
        ),
        Rule(
            "unproven-account", "warning", "Nothing shows that this is the account that was sent to before",
            "Nothing is created there until one of the products that were made is known for certain: apply "
            "waits for it, or asks a person.",
        ),
        Rule(
            "another-account", "error", "No known product is visible: the key may be of another account",
            "Set the key of the state's account; one that was emptied: `podsync state check --emptied NAME`.",
        ),
        Rule(
            "first-contact", "error", "The account holds products that the state knows nothing of",
            "Take over those of this catalog with `podsync import --match -o csv=pairs.csv`; if nobody here "
            "manages them, run `podsync apply --first-contact`.",
        ),
        Rule(
            "foreign-host", "warning", "A provider is reached at a host that is not its own",
            "The key goes there. Check `base_url`; apply wants the host allowed in its environment.",
        ),
        Rule(
            "environment-name", "error", "A document names an environment that there is none of",
            "Write one of those in `environments` of podsync.yaml.",
        ),
        Rule(
            "environments", "error", "Two environments share a state or an account",
            "Give each its own `state` and `account` below `environments` in podsync.yaml.",
        ),
        Rule(
            "ignored-managed", "warning", "An id below `ignore` is that of a product which is managed here",
            "Take it out of `ignore`, or let the product go.",
        ),
        Rule(
            "review", "error", "The plan under review cannot be made any more",
            "`podsync review` goes on showing the last one. The message says what to correct.",
        ),
    ),
    "Tables of `podsync import`": (
        Rule(
            "cells", "error", "A row has more or fewer cells than the header",
            "Put a cell that holds a comma in quotes.",
        ),
        Rule(
            "quotes", "error", "The quotes of a cell do not close",
            "Double a quote inside of quotes, and close the cell with one.",
        ),
        Rule(
            "take", "error", "The column `take` holds no answer that is known",
            "The message lists them. Leave the cell empty to decide later.",
        ),
        Rule(
            "id", "error", "The column `id` names no product of a provider",
            "Ids are written `PROVIDER:ID`, as the table was made. Compare it with the address beside it.",
        ),
        Rule(
            "address", "error", "The column `address` holds no address",
            "Addresses are written `KIND.NAME`, as `podsync plan` shows them.",
        ),
        Rule(
            "twice", "error", "A table answers twice for one product or one address",
            "One product has one address. Keep one of the two rows.",
        ),
        Rule(
            "not-believed", "error", "An answer contradicts what is known",
            "The message says what speaks against it. Correct the row, or leave it empty.",
        ),
    ),
    "Changes, in SARIF and annotations only": (
        Rule(
            "sandbox", "warning", "The plan is for the sandbox",
            "Nothing of it reaches a provider. Plan without `--sandbox` for the real account.",
        ),
        Rule(
            "environment", "notice", "Which environment the plan is for",
            "Another one is chosen with `--env`.",
        ),
        Rule(
            "plan-settle", "warning", "The outcome of an earlier request is in doubt",
            "Apply looks for it before it sends anything. `podsync state settle` says what a person saw.",
        ),
        Rule(
            "plan-replace", "warning",
            "A new product is made and the old one stays on sale until a person removes it",
            "Remove the old one at the provider after apply: `podsync state orphans` lists it.",
        ),
        Rule(
            "plan-orphan", "warning", "A product stays on sale without a document until a person removes it",
            "Restore the document if it is not meant, else remove the product: see `podsync state orphans`.",
        ),
        Rule(
            "plan-update", "notice", "A product is changed where it is",
            "Review the fields in `podsync plan -o html=plan.html`.",
        ),
        Rule(
            "plan-restore", "notice", "An orphan is taken back",
            "Nothing is sent: the product on sale is the wanted one again.",
        ),
        Rule(
            "plan-adopt", "notice", "A product that exists already is taken over",
            "Nothing is sent: it is the wanted product already.",
        ),
        Rule(
            "plan-move", "notice", "A product gets a new address; nothing is sent",
            "The product at the provider stays as it is.",
        ),
        Rule(
            "plan-note", "notice", "Labels or protections are kept; nothing is sent",
            "The product at the provider stays as it is.",
        ),
        Rule(
            "plan-create", "notice", "A new product is made; it cannot be deleted by an API",
            "Review it in `podsync plan -o html=plan.html`: apply sends exactly this.",
        ),
    ),
}  # fmt: skip
