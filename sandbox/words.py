"""Words for RandomPet."""

# ruff: noqa: SIM905 - four hundred quoted words would be harder to read

ADVERBS = (
    "barely briefly brightly calmly clearly closely deeply duly early easily evenly fairly firmly freely gently "
    "gladly happily highly humbly kindly largely lightly mostly neatly openly partly plainly promptly quickly "
    "quietly rarely readily safely shortly slowly smoothly softly steadily surely swiftly truly warmly wholly widely"
).split()
ADJECTIVES = (
    "able amber ample apt awake brave bright calm candid clever cosmic crisp curious daring eager early fair fast "
    "fine firm fresh frank gentle glad golden grand happy honest humble keen kind light lively loyal lucky mellow "
    "merry modest neat noble nimble open patient polite proud quick quiet rapid ready robust sharp smart snowy "
    "solid steady strong sunny swift tidy tough vivid warm wise witty"
).split()
NAMES = (
    "alpaca badger beaver bison bobcat caribou cat cougar coyote crane crow deer dog dolphin eagle egret elk falcon "
    "ferret finch fox gecko goose grouse gull hare hawk heron horse husky ibis jay koala lark lemur lion llama lynx "
    "marmot marten mole moose mouse narwhal newt ocelot orca osprey otter owl panda perch pigeon pony puffin quail "
    "rabbit raven robin salmon seal shark shrew skunk sloth sparrow stork swan swift tapir tern tiger toad trout "
    "walrus weasel whale wolf wren yak zebra"
).split()
