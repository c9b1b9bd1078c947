// libyaml's event parser as it is; nothing here needs a wrapper.
#pragma once
#include <yaml.h>
