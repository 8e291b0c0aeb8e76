using InfoLink.Tool;

var parsed = Commands.Root().Parse(args);
var code = await parsed.InvokeAsync();
return parsed.Errors.Count > 0 ? Ending.Unreadable : code;
