/*
 * How a client on the embedded engine's own machine hands over a large body without sending it: it puts the body as a file
 * into the folder that the engine's answers name, and names the file in its request. A real server does not name a folder.
 */

/** Header of an answer: the folder for bodies. */
export const BODY_FOLDER_HEADER = 'x-body-folder'
/** Header of a request: the file in that folder that is its body. The engine deletes it. */
export const BODY_FILE_HEADER = 'x-body-file'
